-- Adds a checkpoint to a turn's trace. KEYS trace; ARGV checkpoint most ttl
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
