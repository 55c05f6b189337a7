-- A lane at one instant. KEYS lane inbox transcript; ARGV transcript_most
-- Returns {turns, sealed, how many wait, transcript}.
local lane, inbox, transcript = unpack(KEYS)
local fields = redis.call('HMGET', lane, 'turns', 'sealed')
local said = {}

if ARGV[1] ~= '0' then
  said = redis.call('LRANGE', transcript, -tonumber(ARGV[1]), -1)
end
return {fields[1] or '0', fields[2] or '0-0', redis.call('LLEN', inbox), said}
