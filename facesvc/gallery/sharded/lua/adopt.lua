-- Gives an empty server its layout. Answers the layout that holds from now on.
redis.call('HSETNX', keys.shard, 'layout', args.layout)
return redis.call('HGET', keys.shard, 'layout')
