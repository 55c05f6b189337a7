-- Writes one field of a leased lane. KEYS ready lane; ARGV group entry worker field value
-- Returns 0 when the lease is lost.
local ready, lane = unpack(KEYS)
local group, entry, worker, field, value = unpack(ARGV)

if not owner(ready, group, entry, worker) then
  return 0
end
redis.call('HSET', lane, field, value)
return 1
