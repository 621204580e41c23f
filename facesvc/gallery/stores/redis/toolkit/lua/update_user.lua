-- Gives a user another name, other metadata, or both. Answers as the other writes do.
local answer, collection, user = begin_edit(args.user)
answer = answer or refuse_absent(user) or refuse_changed(user, args.expected)
         or record_edit(collection, user.id)
if answer then return answer end
write_user(collection, user, user.samples)
if args.set_name == '1' then redis.call('HSET', user.record, 'b', args.name) end
if args.set_metadata == '1' then redis.call('HSET', user.record, 'j', args.metadata) end
return finish(collection, '-', #user.samples, 0)
