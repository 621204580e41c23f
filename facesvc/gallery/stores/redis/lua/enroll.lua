-- Enrols one sample. Answers OK or REPLAY and the receipt, or what refuses it and why.
local earlier = replayed()
if earlier then return earlier end
local collection = read_collection()
local user = read_user(collection, args.user)
local refused = refuse_foreign(collection) or refuse_conflict(user) or refuse_full(user)
                or refuse_crowd(collection, user)
if refused then return refused end
local add = args.mode == 'add'
local removed = add and 0 or #user.samples
local count = #user.samples - removed + 1
refused = append(collection, 'o', add and 'add' or 'put', 'u', user.id, 's', args.sample,
                 'n', count, 'm', collection.recognizer and '' or args.model)
if refused then return refused end
store_enrolment(collection, user)
return finish(collection, args.sample, count, removed)
