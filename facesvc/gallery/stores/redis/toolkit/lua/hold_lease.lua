-- Gives the lease to the holder, or keeps it theirs; answers 1, or 0 while it is another's.
local held = redis.call('GET', keys.lease)
if held and held ~= args.holder then return 0 end
redis.call('SET', keys.lease, args.holder, 'PX', args.milliseconds)
return 1
