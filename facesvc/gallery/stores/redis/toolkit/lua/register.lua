-- Makes a collection's name known, and tells every replica to look again.
redis.call('SADD', keys.names, args.name)
return redis.call('XADD', keys.log, 'MAXLEN', '~', args.log_length, '*', 'name', args.name)
