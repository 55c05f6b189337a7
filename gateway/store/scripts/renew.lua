-- Keeps leases alive. KEYS ready; ARGV group worker entry...
-- Returns the entries that are no longer this worker's.
local group, worker = ARGV[1], ARGV[2]
local lost = {}

for i = 3, #ARGV do
  if owner(KEYS[1], group, ARGV[i], worker) then
    -- JUSTID resets the idle time without counting a delivery.
    redis.call('XCLAIM', KEYS[1], group, worker, 0, ARGV[i], 'JUSTID')
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
