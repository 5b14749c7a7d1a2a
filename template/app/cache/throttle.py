"""The throttle that all processes share."""

from collections.abc import Iterator, Sequence

from app.cache.client import RedisClient
from app.core.limits.memory_throttle import MemoryThrottle
from app.core.limits.throttle import Policies, ThrottleKey
from app.core.settings import project

# The braces put all keys into one slot of a cluster: a script may only touch keys of one. They are
# few and small, and one node keeps up with every attempt to sign in.
PREFIX = "{" + project.SLUG + ":throttle}"

# Keys, and for each its policy: free, first delay, longest delay, memory. Times are in milliseconds
# of the server's clock, so that it does not matter what time the processes think it is.
RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local counts = {}
local wait = 0
for i, key in ipairs(KEYS) do
  local free, first, longest = ARGV[4 * i - 3], ARGV[4 * i - 2], ARGV[4 * i - 1]
  local stored = redis.call('HMGET', key, 'count', 'last')
  counts[i] = tonumber(stored[1] or 0)
  if counts[i] >= tonumber(free) then
    local delay = math.min(tonumber(longest), first * 2 ^ (counts[i] - free))
    local forgotten_in = redis.call('PTTL', key)
    wait = math.max(wait, math.min(stored[2] + delay - now, forgotten_in))
  end
end
if wait > 0 then
  return math.ceil(wait)
end

for i, key in ipairs(KEYS) do
  local before = redis.call('HGET', key, 'last') or now
  redis.call('HSET', key, 'count', counts[i] + 1, 'last', now, 'before', before)
  if counts[i] == 0 then
    redis.call('PEXPIRE', key, ARGV[4 * i])
  end
end
return 0
"""

RELEASE = """
for _, key in ipairs(KEYS) do
  local count = tonumber(redis.call('HGET', key, 'count') or 0)
  if count > 1 then
    redis.call('HSET', key, 'count', count - 1, 'last', redis.call('HGET', key, 'before'))
  else
    redis.call('DEL', key)
  end
end
return 0
"""

FORGET = """
for _, key in ipairs(KEYS) do
  redis.call('DEL', key)
end
return 0
"""


class RedisThrottle:
    """Counts in Redis, and along with it in this process.

    While Redis is away the process goes by its own count, which has all that it let through. So
    each process on its own never lets more through than the policies say.
    """

    def __init__(self, client: RedisClient, policies: Policies, memory: MemoryThrottle) -> None:
        self._client = client
        self._policies = policies
        self._memory = memory

    async def reserve(self, keys: Sequence[ThrottleKey]) -> float:
        # First, or those that Redis is letting through would be missing in the count of the process.
        alone = await self._memory.reserve(keys)
        shared = await self._run(RESERVE, keys, list(self._policy_values(keys)))
        if shared is None:
            return alone
        if shared > 0 and alone == 0:
            await self._memory.release(keys)
        if shared == 0 and alone > 0:
            # Another process has forgotten the key.
            self._memory.count(keys)
        return shared / 1000

    async def release(self, keys: Sequence[ThrottleKey]) -> None:
        await self._memory.release(keys)
        await self._run(RELEASE, keys, [])

    async def forget(self, keys: Sequence[ThrottleKey]) -> None:
        await self._memory.forget(keys)
        await self._run(FORGET, keys, [])

    async def _run(
        self, script: str, keys: Sequence[ThrottleKey], values: Sequence[int]
    ) -> int | None:
        names = list(map(_name, keys))
        return await self._client.execute(
            lambda redis: redis.eval(script, len(names), *names, *values)
        )

    def _policy_values(self, keys: Sequence[ThrottleKey]) -> Iterator[int]:
        for key in keys:
            policy = self._policies[key.kind]
            yield policy.free
            for seconds in (policy.first_delay, policy.longest_delay, policy.memory):
                yield round(seconds * 1000)


def _name(key: ThrottleKey) -> str:
    return f"{PREFIX}:{key.kind}:{key.name}"
