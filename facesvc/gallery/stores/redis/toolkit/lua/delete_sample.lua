-- Removes one sample of a user that has others. Answers as the other writes do.
local answer, collection, user = begin_edit(args.user)
answer = answer or refuse_absent(user) or refuse_changed(user, args.expected)
if answer then return answer end
local refused, left = without(user, args.sample)
answer = refused or record_edit(collection, user.id)
if answer then return answer end
redis.call('DEL', key_of(collection, args.sample))
write_user(collection, user, left)
note_samples(-1)
return finish(collection, '-', #left, 1)
