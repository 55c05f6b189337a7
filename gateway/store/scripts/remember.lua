-- Notes when a member was last seen, and lets the oldest go.
-- KEYS sorted_set; ARGV member now ttl most
local set = KEYS[1]
local member, now, ttl, most = unpack(ARGV)

redis.call('ZADD', set, 'GT', now, member)
redis.call('ZREMRANGEBYSCORE', set, '-inf', '(' .. now - ttl)
redis.call('ZREMRANGEBYRANK', set, 0, -tonumber(most) - 1)
redis.call('EXPIRE', set, ttl)
