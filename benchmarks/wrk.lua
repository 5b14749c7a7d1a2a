-- Sends one request, with another $number and $address each time, and prints what came of it.
local requests, prefix = 0, ""

local function varies()
  local texts = wrk.body
  for _, value in pairs(wrk.headers) do
    texts = texts .. value
  end
  return texts:find("$number", 1, true) or texts:find("$address", 1, true)
end

local function fill(text)
  local address = string.format("10.%d.%d.%d", requests / 65536 % 256, requests / 256 % 256,
    requests % 256)
  return (tostring(text):gsub("$number", prefix .. requests):gsub("$address", address))
end

function init(arguments)
  prefix = arguments[1]
  wrk.method = arguments[2]
  wrk.body = arguments[3]
  if not varies() then
    request = nil
  end
end

function request()
  requests = requests + 1
  local headers = {}
  for name, value in pairs(wrk.headers) do
    headers[name] = fill(value)
  end
  return wrk.format(nil, nil, headers, fill(wrk.body))
end

function done(summary, latency)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.status, broken, latency:percentile(50), latency:percentile(99)))
end
