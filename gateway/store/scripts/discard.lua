-- Gives back the room that a blob had. KEYS held total; ARGV member ("blob:size") size
local held, total = unpack(KEYS)

if redis.call('ZREM', held, ARGV[1]) == 1 then
  redis.call('DECRBY', total, ARGV[2])
end
