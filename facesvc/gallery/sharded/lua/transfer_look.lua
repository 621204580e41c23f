-- Where the user who is to get samples from another server stands: TOLD, the collection's generation,
-- whether the user exists, and the user's version. Or the receipt of an earlier try, or what refuses it.
local answer, collection, user = begin_edit(args.user)
if answer then return answer end
return {'TOLD', collection.gen, user.exists and '1' or '', user.version}
