-- Gives a lane back before its turn is sealed: to any worker at once, or parked until it is due.
-- KEYS ready lane later; ARGV group entry worker lane_name due_ms (0: now) broken
-- With broken = 1 the next attempt learns that this one had begun and was not finished.
-- Returns 0 when the lease is lost.
local ready, lane, later = unpack(KEYS)
local group, entry, worker, name, due, broken = unpack(ARGV)

if not owner(ready, group, entry, worker) then
  return 0
end
drop(ready, group, entry, lane)
if broken == '1' then
  redis.call('HSET', lane, 'open', 'left')
else
  redis.call('HDEL', lane, 'open')
end
if due == '0' then
  redis.call('HSET', lane, 'ready', redis.call('XADD', ready, '*', 'lane', name))
else
  redis.call('HSET', lane, 'ready', 'later')
  redis.call('ZADD', later, due, name)
end
return 1
