-- Deduplicates and appends a message, and makes its lane ready, in one step.
-- KEYS seen inbox lane ready transcript later
-- ARGV lane_name message_json cap pending_ttl lane_ttl transcript_rest transcript_cap
--      due_ms (0: now) collect_most lanes_most (with work, in this shard; 0: any number)
-- Returns {status, turn}: accepted, duplicate, full (the lane) or overloaded (the shard).
local seen, inbox, lane, ready, transcript, later = unpack(KEYS)
local name, message, cap, pending_ttl, lane_ttl, entry, entries, due, most,
  lanes = unpack(ARGV)

local before = redis.call('GET', seen)
if before then
  return {'duplicate', before}
end
if redis.call('LLEN', inbox) >= tonumber(cap) then
  return {'full', '0'}
end
local state = redis.call('HGET', lane, 'ready')
if not state and lanes ~= '0'
  and redis.call('XLEN', ready) + redis.call('ZCARD', later) >= tonumber(lanes) then
  return {'overloaded', '0'}
end
local turn = redis.call('HINCRBY', lane, 'turns', 1)
redis.call('SET', seen, turn, 'EX', pending_ttl)
local waiting = redis.call('RPUSH', inbox, turn .. ':' .. message)
if entry ~= '' then
  redis.call('RPUSH', transcript, '{"turn":"' .. turn .. '",' .. entry)
  redis.call('LTRIM', transcript, -tonumber(entries), -1)
  redis.call('EXPIRE', transcript, lane_ttl)
end
if due ~= '0' and (not state or state == 'later') then
  -- Each message of a burst postpones its answer, but not for ever.
  if waiting <= tonumber(most) then
    redis.call('ZADD', later, 'GT', due, name)
  end
  redis.call('HSET', lane, 'ready', 'later')
elseif not state then
  redis.call('HSET', lane, 'ready', redis.call('XADD', ready, '*', 'lane', name))
end
redis.call('EXPIRE', lane, lane_ttl)
return {'accepted', tostring(turn)}
