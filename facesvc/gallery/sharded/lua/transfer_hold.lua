-- Holds a user whose samples, or the one that is named, go to another server, and notes the transfer.
-- Answers TOLD, the version that the write would make here, and id, e, q, t, f of each of them; or as
-- the other edits do.
local answer, collection, user = begin_edit(args.user)
answer = answer or refuse_absent(user) or refuse_changed(user, args.expected)
if answer then return answer end
local leaving = user.samples
if args.sample ~= '' then
  answer = without(user, args.sample)
  if answer then return answer end
  leaving = {args.sample}
end
redis.call('HSET', user.record, 'x', args.transfer)
redis.call('HSET', keys.transfers, args.transfer,
           args.record .. '\n' .. collection.gen .. '\n' .. table.concat(leaving, ' '))
local told = {'TOLD', collection.version}
for _, id in ipairs(leaving) do
  local sample = redis.call('HMGET', key_of(collection, id), 'e', 'q', 't', 'f')
  told[#told + 1] = id
  for part = 1, 3 do told[#told + 1] = sample[part] end
  told[#told + 1] = sample[4] or ''
end
return told
