-- Writes one field of the journal of a turn that is not sealed, or removes it; renews the lease.
-- KEYS ready inbox journal; ARGV group entry worker turn field value ttl (0: remove the field)
-- Returns 0 when the lease is lost. A note that comes after the seal is nothing to anybody.
local ready, inbox, journal = unpack(KEYS)
local group, entry, worker, turn, field, value, ttl = unpack(ARGV)

if not owner(ready, group, entry, worker) then
  return 0
end
redis.call('XCLAIM', ready, group, worker, 0, entry, 'JUSTID')
local head = redis.call('LINDEX', inbox, 0)
if not head or string.match(head, '^(%d+):') ~= turn then
  return 1
end
if ttl == '0' then
  redis.call('HDEL', journal, field)
else
  redis.call('HSET', journal, field, value)
  redis.call('EXPIRE', journal, ttl)
end
return 1
