-- Ends a transfer where the samples came from: removes them when the other server has them, whose
-- receipt is in done, and lets go of the user. Answers TOLD and DROPPED when the collection was deleted
-- here meanwhile: then the samples must go there as well, and the transfer stays noted.
local answer = refuse_stray()
if answer then return answer end
if redis.call('HEXISTS', keys.transfers, args.transfer) == 0 then return {'TOLD', ''} end
local collection = read_collection()
if collection.gen == args.gen then
  local user = read_user(collection, args.user)
  if redis.call('HGET', user.record, 'x') == args.transfer then redis.call('HDEL', user.record, 'x') end
  if args.done ~= '' then
    local taken, left = {}, {}
    for _, id in ipairs(split(args.samples)) do taken[id] = true end
    for _, id in ipairs(user.samples) do
      if taken[id] then redis.call('DEL', key_of(collection, id)) else left[#left + 1] = id end
    end
    note_samples(#left - #user.samples)
    local version = string.match(args.done, '^%S+')
    if tonumber(version) >= tonumber(collection.version) then
      redis.call('HSET', keys.meta, 'seq', version, 'last', collection.link)
    end
    collection.version = version
    if #left > 0 then
      write_user(collection, user, left)
    elseif user.exists then
      delete_user(collection, {id = user.id, record = user.record, samples = {}})
      note_gone_user(collection, user.id)
    end
    redis.call('SET', keys.receipt, args.done, 'EX', args.receipt_s)
  end
elseif args.done ~= '' then
  return {'TOLD', 'DROPPED'}
end
redis.call('HDEL', keys.transfers, args.transfer)
return {'TOLD', ''}
