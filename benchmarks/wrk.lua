-- Sends one request, with another number in place of $number each time, and prints what came of it.
local requests, prefix = 0, ""

function init(arguments)
  prefix = arguments[1]
  wrk.method = arguments[2]
  wrk.body = arguments[3]
  if not (wrk.body .. (wrk.headers["Idempotency-Key"] or "")):find("$number", 1, true) then
    request = nil
  end
end

function request()
  requests = requests + 1
  local number = prefix .. requests
  local headers = {}
  for name, value in pairs(wrk.headers) do
    headers[name] = tostring(value):gsub("$number", number)
  end
  local body = wrk.body:gsub("$number", number)
  return wrk.format(nil, nil, headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.status, broken, latency:percentile(50), latency:percentile(99)))
end
