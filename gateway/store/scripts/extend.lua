-- Keeps a value for longer, while it is still this one. KEYS value; ARGV value seconds
-- Returns 0 when it is not.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('EXPIRE', KEYS[1], ARGV[2])
