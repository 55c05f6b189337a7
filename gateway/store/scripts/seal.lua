-- Ends a turn: its messages leave the inbox, its last event and transcript entry are written, and
-- the lane is let go of unless more is waiting. All or nothing, and only for the lease's owner.
-- KEYS ready inbox lane log transcript dead journal seen...
-- ARGV group entry worker count field value seen_ttl lane_ttl
--      log_id log_batch log_ttl log_most channel publication transcript_entry transcript_cap
--      dead_reason dead_cap lane_name turn
-- Returns -1 when the lease is lost, else how many messages are waiting. Safe to repeat: a turn
-- whose messages have left the inbox is sealed.
local ready, inbox, lane, log, transcript, dead, journal = unpack(KEYS)
local group, entry, worker, count, field, value, seen_ttl, lane_ttl,
  log_id, batch, log_ttl, log_most, channel, publication, said, entries,
  reason, dead_cap, name, first = unpack(ARGV)

if not owner(ready, group, entry, worker) then
  return -1
end
local head = redis.call('LINDEX', inbox, 0)
if not head or string.match(head, '^(%d+):') ~= first then
  return redis.call('LLEN', inbox)
end
if reason ~= '' then
  for _, message in ipairs(redis.call('LRANGE', inbox, 0, tonumber(count) - 1)) do
    redis.call('XADD', dead, 'MAXLEN', '~', dead_cap, '*',
      'lane', name, 'message', message, 'reason', reason)
  end
end
redis.call('LTRIM', inbox, tonumber(count), -1)
for i = 8, #KEYS do
  local turn = redis.call('GET', KEYS[i]) or '0'
  redis.call('SET', KEYS[i], turn, 'EX', seen_ttl)
end
if field ~= '' then
  redis.call('HSET', lane, field, value)
end
if log_id ~= '' then
  local turn = string.match(log_id, '^(%d+)-')
  -- The end carries the whole text: all but the start has served its time.
  local written = redis.call('XRANGE', log, turn, turn)
  for i = 2, #written do
    redis.call('XDEL', log, written[i][1])
  end
  redis.call('XADD', log, 'MAXLEN', log_most, log_id, 'e', batch)
  redis.call('EXPIRE', log, log_ttl)
  redis.call('HSET', lane, 'sealed', log_id)
  redis.call('RPUSH', transcript, said)
  redis.call('LTRIM', transcript, -tonumber(entries), -1)
  redis.call('EXPIRE', transcript, lane_ttl)
  redis.call('PUBLISH', channel, publication)
end
redis.call('HDEL', lane, 'open')
redis.call('DEL', journal)
redis.call('EXPIRE', lane, lane_ttl)
local waiting = redis.call('LLEN', inbox)
if waiting == 0 then
  drop(ready, group, entry, lane)
end
return waiting
