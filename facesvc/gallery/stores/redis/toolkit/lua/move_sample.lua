-- Makes one sample of a user another user's, who may be made by it. Answers as the other writes do,
-- or STALE when the embedding in the rest is not the sample's.
local answer, collection, user, target = begin_edit(args.user, args.target)
answer = answer or refuse_absent(user) or refuse_changed(user, args.expected)
if answer then return answer end
local refused, left = without(user, args.sample)
if not refused and args.packed == '1' and args.samples ~= args.sample then return {'STALE', ''} end
answer = refused or (args.create ~= '1' and refuse_absent(target))
         or refuse_overfull(#target.samples + 1) or refuse_crowd(collection, target)
         or record_edit(collection, user.id, target.id)
if answer then return answer end
local every = target.samples
every[#every + 1] = args.sample
give_sample(collection, args.sample, target, rest[1])
write_user(collection, user, left)
write_user(collection, target, every)
if not target.exists then
  redis.call('SADD', args.base .. 'users:' .. collection.gen, target.id)
  note_new_user(collection, target.id)
end
return finish(collection, '-', #every, 1)
