-- Removes a user. Answers as the store's delete.lua does, or SHARD.
local answer = refuse_stray() or replayed()
if answer then return answer end
local collection = read_collection()
local refused = refuse_foreign(collection)
if refused then return refused end
local user = read_user(collection, args.user)
if not user.exists then return {'ABSENT', ''} end
refused = refuse_held(user) or refuse_conflict(user)
if refused then return refused end
delete_user(collection, user)
redis.call('ZREM', args.base .. 'order:' .. collection.gen, user.id)
redis.call('HINCRBY', keys.meta, 'samples', -#user.samples)
return finish(collection, '-', 0, #user.samples)
