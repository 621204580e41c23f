-- Ends the lease, if it is the holder's.
if redis.call('GET', keys.lease) == args.holder then redis.call('DEL', keys.lease) end
return 1
