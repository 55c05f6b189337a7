-- Where a lane, and one of its turns, is at one instant.
-- KEYS inbox lane later ready; ARGV lane_name turn group
-- Returns {place in the inbox (0: not there), how many are there, the lane's newest turn, the turn
-- at work, its attempt, whether that is open, due_ms (0: not parked), worker, its idle_ms}.
local inbox, lane, later, ready = unpack(KEYS)
local name, turn, group = unpack(ARGV)

local messages = redis.call('LRANGE', inbox, 0, -1)
local place = 0
for i, message in ipairs(messages) do
  if string.match(message, '^(%d+):') == turn then
    place = i
    break
  end
end
local fields = redis.call('HMGET', lane, 'turns', 'turn', 'attempt', 'ready')
local entry = fields[4]
local worker, idle = '', 0
if entry and entry ~= 'later' then
  local pending = redis.call('XPENDING', ready, group, entry, entry, 1)
  if #pending == 1 then
    worker, idle = pending[1][2], pending[1][3]
  end
end
return {
  place, #messages, tonumber(fields[1] or '0'), tonumber(fields[2] or '0'),
  tonumber(fields[3] or '0'), redis.call('HEXISTS', lane, 'open'),
  tonumber(redis.call('ZSCORE', later, name) or '0'), worker, idle,
}
