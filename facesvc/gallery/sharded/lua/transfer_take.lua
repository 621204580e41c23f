-- Stores samples that come from another server; the rest is id, e, q, t, f of each. From here on the
-- transfer is done, and key d of it keeps the receipt. Answers as the other edits do, or CANCELLED when
-- somebody ended it before, or when the collection was deleted since transfer_look.lua.
local done = args.base .. 'd:' .. args.transfer
local ended = redis.call('GET', done)
if ended then return ended == '-' and {'CANCELLED', ''} or {'REPLAY', ended} end
local answer, collection, user = begin_edit(args.user)
if not answer and collection.gen ~= args.gen then answer = {'CANCELLED', ''} end
answer = answer or (args.create ~= '1' and refuse_absent(user)) or refuse_changed(user, args.expected)
         or refuse_overfull(#user.samples + #rest / 5) or refuse_crowd(collection, user)
if answer then return answer end
for at = 1, #rest, 5 do  -- a sample that comes back before it was removed where it came from
  local owner = redis.call('HGET', key_of(collection, rest[at]), 'u')
  answer = owner and refuse_held(read_user(collection, owner))
  if answer then return answer end
end
-- Both users get this version, so that it is above those that either had.
if tonumber(args.floor) > tonumber(collection.version) then collection.version = args.floor end
local every, tag = user.samples, redis.sha1hex(args.base .. collection.gen)
for at = 1, #rest, 5 do
  local key = key_of(collection, rest[at])
  every[#every + 1] = rest[at]
  redis.call('HSET', key, 'u', user.id, 'e', rest[at + 1], 'q', rest[at + 2], 't', rest[at + 3],
             'v', collection.version, 'c', tag)
  if rest[at + 4] ~= '' then redis.call('HSET', key, 'f', rest[at + 4]) end
end
write_user(collection, user, every)
if not user.exists then
  redis.call('SADD', args.base .. 'users:' .. collection.gen, user.id)
  note_new_user(collection, user.id)
end
if not collection.recognizer then redis.call('HSET', keys.meta, 'model', args.model) end
note_samples(#rest / 5)
answer = finish(collection, '-', #every, #rest / 5)
redis.call('SET', done, answer[2])
return answer
