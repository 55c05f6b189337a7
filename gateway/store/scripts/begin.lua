-- Takes the work of a leased lane without removing it.
-- KEYS ready inbox lane
-- ARGV group entry worker most field
-- Returns {'fenced'}, {'idle'}, or {'work', attempt, halted_up_to, field value, messages}.
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
local attempt = 1
if redis.call('HGET', lane, 'turn') == turn then
  attempt = redis.call('HINCRBY', lane, 'attempt', 1)
else
  redis.call('HSET', lane, 'turn', turn, 'attempt', 1)
end
local halted = redis.call('HGET', lane, 'halted') or '0'
return {'work', tostring(attempt), halted, messages}
