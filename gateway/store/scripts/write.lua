-- Appends entries to a reply log and tells the readers of other replicas.
-- KEYS log; ARGV id batch ttl (0: as it is) channel publication
-- Returns 0 when a later attempt or the end is already in the log: this is a latecomer's writing.
local log = KEYS[1]
local id, batch, ttl, channel, publication = unpack(ARGV)

local written = redis.pcall('XADD', log, id, 'e', batch)
if type(written) == 'table' and written.err then
  if string.find(written.err, 'equal or smaller', 1, true) then
    return 0
  end
  return redis.error_reply(written.err)
end
if ttl ~= '0' then
  redis.call('EXPIRE', log, ttl)
end
redis.call('PUBLISH', channel, publication)
return 1
