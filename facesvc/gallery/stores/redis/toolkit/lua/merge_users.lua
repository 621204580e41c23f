-- Makes all samples of the source the user's and removes the source. Answers as the other writes do,
-- or STALE when the source has other samples than those whose embeddings are in the rest.
local answer, collection, user, source = begin_edit(args.user, args.source)
answer = answer or refuse_absent(user) or refuse_absent(source)
         or refuse_changed(user, args.expected) or refuse_changed(source, args.expected_source)
         or refuse_overfull(#user.samples + #source.samples)
if answer then return answer end
local moved = table.concat(source.samples, ' ')
if args.packed == '1' and args.samples ~= moved then return {'STALE', ''} end
answer = record_edit(collection, user.id, source.id)
if answer then return answer end
local every = user.samples
for at, sample in ipairs(source.samples) do
  every[#every + 1] = sample
  give_sample(collection, sample, user, rest[at])
end
write_user(collection, user, every)
redis.call('DEL', source.record)
redis.call('SREM', args.base .. 'users:' .. collection.gen, source.id)
note_gone_user(collection, source.id)
return finish(collection, '-', #every, #source.samples)
