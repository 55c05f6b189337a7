-- Reads or writes one field of a leased lane. KEYS ready lane; ARGV group entry worker field [value]
-- Returns false when the lease is lost, else {value}.
local ready, lane = unpack(KEYS)
local group, entry, worker, field, value = unpack(ARGV)

if not owner(ready, group, entry, worker) then
  return false
end
if value then
  redis.call('HSET', lane, field, value)
  return {value}
end
return {redis.call('HGET', lane, field) or ''}
