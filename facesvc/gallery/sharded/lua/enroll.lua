-- Enrols one sample, which the index finds by the tag of its collection, in c. Answers as the store's
-- enroll.lua does, or SHARD.
local answer = refuse_stray() or replayed()
if answer then return answer end
local collection = read_collection()
local user = read_user(collection, args.user)
local refused = refuse_foreign(collection) or refuse_held(user) or refuse_conflict(user)
                or refuse_full(user) or refuse_crowd(collection, user)
if refused then return refused end
local removed = args.mode == 'add' and 0 or #user.samples
local count = #user.samples - removed + 1
store_enrolment(collection, user, 'c', redis.sha1hex(args.base .. collection.gen))
redis.call('ZADD', args.base .. 'order:' .. collection.gen, 0, user.id)
redis.call('HINCRBY', keys.meta, 'samples', 1 - removed)
return finish(collection, args.sample, count, removed)
