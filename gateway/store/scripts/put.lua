-- Writes one field of a hash and its time to live, so that there is never one without the other.
-- KEYS hash; ARGV field value ttl
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
