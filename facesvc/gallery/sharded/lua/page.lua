-- Answers OK, how many users there are, -1 where there is no such collection, and the next ones in
-- order after a user, '' for the first.
local refused = refuse_read()
if refused then return refused end
if not recognizer then return {'OK', -1} end
local order, from = args.base .. 'order:' .. gen, args.after == '' and '-' or '(' .. args.after
local page = redis.call('ZRANGEBYLEX', order, from, '+', 'LIMIT', '0', args.count)
return {'OK', redis.call('ZCARD', order), unpack(page)}
