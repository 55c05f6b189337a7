-- Reserves the next place of a quota: at most per_minute in any window, per_day in a day (UTC).
-- KEYS minute day; ARGV per_minute per_day (0: no such limit) window_ms now_ms most_wait_ms
-- Returns {status, wait_ms, used}: reserved, or without reserving minute or day, whichever is full.
local minute, day = unpack(KEYS)
local per_minute, per_day = tonumber(ARGV[1]), tonumber(ARGV[2])
local window, now, most_wait = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local day_ms = 24 * 60 * 60 * 1000

local slot = now
if per_minute > 0 then
  -- The list holds the latest slots: this one comes a window after the one it pushes out.
  local last = tonumber(redis.call('LINDEX', minute, -1)) or now
  local pushed_out = tonumber(redis.call('LINDEX', minute, -per_minute)) or now - window
  slot = math.max(now, last, pushed_out + window)
end

-- A clock that runs behind does not bring yesterday back.
local state = redis.call('HMGET', day, 'number', 'used')
local number, used = math.floor(slot / day_ms), 0
if number <= (tonumber(state[1]) or -1) then
  number, used = tonumber(state[1]), tonumber(state[2])
end
local day_end = (number + 1) * day_ms

if per_day > 0 and used >= per_day then
  return {'day', day_end - now, used}
end
if slot - now > most_wait then
  return {'minute', slot - now, used}
end
if per_minute > 0 then
  redis.call('RPUSH', minute, slot)
  redis.call('LTRIM', minute, -per_minute, -1)
  redis.call('PEXPIRE', minute, slot - now + window)
end
if per_day > 0 then
  used = used + 1
  redis.call('HSET', day, 'number', number, 'used', used)
  redis.call('PEXPIRE', day, day_end - now)
end
return {'reserved', slot - now, used}
