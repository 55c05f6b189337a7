-- Writes one field of a hash that belongs to a leased lane, or removes it.
-- KEYS ready hash; ARGV group entry worker field value ttl (0: as it is; -1: remove the field)
-- Returns 0 when the lease is lost.
local ready, hash = unpack(KEYS)
local group, entry, worker, field, value, ttl = unpack(ARGV)

if not owner(ready, group, entry, worker) then
  return 0
end
if ttl == '-1' then
  redis.call('HDEL', hash, field)
  return 1
end
redis.call('HSET', hash, field, value)
if ttl ~= '0' then
  redis.call('EXPIRE', hash, ttl)
end
return 1
