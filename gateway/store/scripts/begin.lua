-- Takes the work of a leased lane without removing it.
-- KEYS ready inbox lane
-- ARGV group entry worker most
-- Returns {'fenced'}, {'idle'}, or {'work', messages, the lane's fields, open}: open tells how the
-- attempt before ended that was not sealed: '' (given back), 'left' (its worker left in order, in
-- the middle), 'running' (its worker died).
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
local open = redis.call('HGET', lane, 'open') or ''
if redis.call('HGET', lane, 'turn') == turn then
  redis.call('HINCRBY', lane, 'attempt', 1)
  redis.call('HINCRBY', lane, 'deaths', open == 'running' and 1 or 0)
else
  redis.call('HSET', lane, 'turn', turn, 'attempt', 1, 'deaths', 0)
  open = ''
end
redis.call('HSET', lane, 'open', 'running')
return {'work', messages, redis.call('HGETALL', lane), open}
