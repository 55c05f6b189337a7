-- Takes a lane out of the queue and away from whoever works on it, and removes its keys.
-- KEYS ready later lane more_of_the_lane...; ARGV group lane_name
local ready, later, lane = unpack(KEYS)

local entry = redis.call('HGET', lane, 'ready')
if entry and entry ~= 'later' then
  redis.call('XACK', ready, ARGV[1], entry)
  redis.call('XDEL', ready, entry)
end
redis.call('ZREM', later, ARGV[2])
for i = 3, #KEYS do
  redis.call('UNLINK', KEYS[i])
end
