-- Removes a user. Answers OK or REPLAY and the receipt, or what refuses it and why.
local earlier = replayed()
if earlier then return earlier end
local collection = read_collection()
local refused = refuse_foreign(collection)
if refused then return refused end
local user = read_user(collection, args.user)
if not user.exists then return {'ABSENT', ''} end
refused = refuse_conflict(user) or append(collection, 'o', 'del', 'u', user.id)
if refused then return refused end
delete_user(collection, user)
return finish(collection, '-', 0, #user.samples)
