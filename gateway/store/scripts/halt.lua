-- Marks the messages of a lane up to a turn as no longer wanted.
-- KEYS inbox lane; ARGV turn (0: all that are there)
-- Returns the turn, or 0 when nothing that old is waiting or running.
local inbox, lane = unpack(KEYS)

local first = redis.call('LINDEX', inbox, 0)
if not first then
  return 0
end
local upto = tonumber(ARGV[1])
if upto == 0 then
  upto = tonumber(redis.call('HGET', lane, 'turns') or '0')
end
if tonumber(string.match(first, '^(%d+):')) > upto then
  return 0
end
if upto > tonumber(redis.call('HGET', lane, 'halted') or '0') then
  redis.call('HSET', lane, 'halted', upto)
end
return upto
