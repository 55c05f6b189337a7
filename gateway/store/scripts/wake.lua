-- Makes a parked lane ready. KEYS ready lane later; ARGV lane_name
-- Returns 0 when it was not parked.
local ready, lane, later = unpack(KEYS)

if redis.call('ZREM', later, ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', lane, 'ready', redis.call('XADD', ready, '*', 'lane', ARGV[1]))
return 1
