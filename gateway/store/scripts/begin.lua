-- Takes the work of a leased lane without removing it.
-- KEYS ready inbox lane
-- ARGV group entry worker most
-- Returns {'fenced'}, {'idle'}, or {'work', messages, the lane's fields, broken}: broken is 1 when
-- an earlier attempt at the turn was neither sealed nor given back.
local ready, inbox, lane = unpack(KEYS)
local group, entry, worker, most = unpack(ARGV)

if not owner(ready, group, entry, worker) then
  return {'fenced'}
end
local messages = redis.call('LRANGE', inbox, 0, tonumber(most) - 1)
if #messages == 0 then
  drop(ready, group, entry, lane)
  return {'idle'}
end
local turn = string.match(messages[1], '^(%d+):')
local broken = 0
if redis.call('HGET', lane, 'turn') == turn then
  broken = redis.call('HEXISTS', lane, 'open')
  redis.call('HINCRBY', lane, 'attempt', 1)
  redis.call('HINCRBY', lane, 'breaks', broken)
else
  redis.call('HSET', lane, 'turn', turn, 'attempt', 1, 'breaks', 0)
end
redis.call('HSET', lane, 'open', 1)
return {'work', messages, redis.call('HGETALL', lane), broken}
