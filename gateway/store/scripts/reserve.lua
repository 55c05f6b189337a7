-- Reserves room for a blob until a time, or moves the time of one that has it.
-- KEYS held total; ARGV blob size now expires most   (held: "blob:size" by when it is given back)
-- Returns how many bytes are reserved now, -1 when there is no room.
local held, total = unpack(KEYS)
local blob, size, now, expires, most = unpack(ARGV)
local member = blob .. ':' .. size

local sum, expired
repeat
  -- Every call gives back more than it takes; more than that only when it needs the room.
  expired = redis.call('ZRANGEBYSCORE', held, '-inf', '(' .. now, 'LIMIT', 0, 100)
  for _, old in ipairs(expired) do
    redis.call('ZREM', held, old)
    redis.call('DECRBY', total, string.match(old, ':(%d+)$'))
  end
  sum = tonumber(redis.call('GET', total) or '0')
until #expired == 0 or sum + size <= tonumber(most)
if not redis.call('ZSCORE', held, member) then
  if sum + size > tonumber(most) then
    return -1
  end
  sum = redis.call('INCRBY', total, size)
end
redis.call('ZADD', held, expires, member)
-- Both keys live until the last is given back, so that neither counts without the other.
local last = redis.call('ZRANGE', held, -1, -1, 'WITHSCORES')[2]
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, last - now + 1)
end
return sum
