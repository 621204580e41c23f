-- Points an alias to a collection, or with '' forgets it, and tells every replica to look again.
if args.collection == '' then redis.call('HDEL', keys.aliases, args.alias)
else redis.call('HSET', keys.aliases, args.alias, args.collection) end
return redis.call('XADD', keys.log, 'MAXLEN', '~', args.log_length, '*', 'alias', args.alias)
