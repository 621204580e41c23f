-- Keeps a letter under its number.
redis.call('HSET', keys.letters, args.number, args.record)
redis.call('ZADD', keys.order, args.number, args.number)
return 1
