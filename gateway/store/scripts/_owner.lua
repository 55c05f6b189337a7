-- Prefixed to every script that acts for a lease: true when the lease is still this worker's.
local function owner(ready, group, entry, worker)
  local pending = redis.call('XPENDING', ready, group, entry, entry, 1, worker)
  return #pending == 1
end

-- Lets go of a lease: the lane has no entry in the ready stream any more.
local function drop(ready, group, entry, lane)
  redis.call('XACK', ready, group, entry)
  redis.call('XDEL', ready, entry)
  redis.call('HDEL', lane, 'ready')
end
