// Ends the definitions of pooling_stored.h.

#undef POOL_ELEMENT
#undef POOL_INTEGER
#undef POOL_MARK
#undef POOL_LOWEST
#undef POOL_VALUE
#undef POOL_ROUNDED
#undef POOL_JOIN_
#undef POOL_JOIN
#undef POOL_OF
#undef POOL_ALL
#undef POOL_PLACE_LANE
#undef POOL_APART
