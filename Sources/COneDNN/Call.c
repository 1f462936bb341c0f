/* Calls: a primitive bound to pointers. Everything is allocated in od_call_create; running allocates
   nothing here. */
#include "Internal.h"

#include <stdlib.h>

struct od_call {
    const od_primitive *primitive;
    void *pointers[OD_MAX_ARGUMENTS];
    dnnl_memory_t memories[OD_MAX_ARGUMENTS];
    dnnl_memory_t scratchpad;
    void *scratchpad_pointer;
    int argument_count;
    dnnl_exec_arg_t arguments[OD_MAX_ARGUMENTS + 1];
};

static int bind(
    od_call *call, dnnl_engine_t engine, const od_layout *layout, int name, void *pointer,
    dnnl_memory_t *memory) {
    const int code = odi_check(
        dnnl_memory_create(memory, odi_layout_descriptor(layout), engine, pointer), "binding a tensor");
    if (code == OD_OK) call->arguments[call->argument_count++] = (dnnl_exec_arg_t){name, *memory};
    return code;
}

int od_call_create(const od_primitive *primitive, void *const *arguments, od_call **call) {
    dnnl_engine_t engine = odi_engine();
    if (!engine) return OD_FAILED;
    od_call *made = calloc(1, sizeof *made);
    if (!made) return odi_fail("no memory for a call");
    made->primitive = primitive;
    int code = OD_OK;
    for (int i = 0; i < primitive->argument_count && code == OD_OK; i++) {
        if (!primitive->layouts[i]) continue;
        made->pointers[i] = arguments[i];
        code = bind(
            made, engine, primitive->layouts[i], primitive->names[i], arguments[i], &made->memories[i]);
    }
    if (code == OD_OK && primitive->scratchpad)
        code = bind(made, engine, primitive->scratchpad, DNNL_ARG_SCRATCHPAD, NULL, &made->scratchpad);
    if (code == OD_OK)
        *call = made;
    else
        od_call_free(made);
    return code;
}

int od_call_set(od_call *call, int argument, void *pointer) {
    if (argument < 0 || argument >= OD_MAX_ARGUMENTS || !call->memories[argument])
        return odi_fail(
            "od_call_set: a call of %s has no argument %d", call->primitive->implementation, argument);
    const int code = odi_check(
        dnnl_memory_set_data_handle(call->memories[argument], pointer), "binding a tensor");
    if (code == OD_OK) call->pointers[argument] = pointer;
    return code;
}

int od_call_run(od_call *call, void *scratchpad) {
    odi_require_thread();
    for (int i = 0; i < OD_MAX_ARGUMENTS; i++)
        if (call->memories[i] && !call->pointers[i])
            return odi_fail(
                "od_call_run: argument %d of %s has no pointer", i, call->primitive->implementation);
    if (call->scratchpad && call->scratchpad_pointer != scratchpad) {
        const int code =
            odi_check(dnnl_memory_set_data_handle(call->scratchpad, scratchpad), "binding scratch memory");
        if (code != OD_OK) return code;
        call->scratchpad_pointer = scratchpad;
    }
    if (call->scratchpad && !scratchpad)
        return odi_fail(
            "od_call_run: %s needs %zu bytes of scratch memory", call->primitive->implementation,
            od_primitive_scratchpad_bytes(call->primitive));
    dnnl_stream_t stream = odi_stream();
    if (!stream) return OD_FAILED;
    dnnl_status_t status =
        dnnl_primitive_execute(call->primitive->handle, stream, call->argument_count, call->arguments);
    if (status == dnnl_success) status = dnnl_stream_wait(stream);
    return odi_check(status, call->primitive->implementation);
}

void od_call_free(od_call *call) {
    if (!call) return;
    for (int i = 0; i < OD_MAX_ARGUMENTS; i++)
        if (call->memories[i]) dnnl_memory_destroy(call->memories[i]);
    if (call->scratchpad) dnnl_memory_destroy(call->scratchpad);
    free(call);
}
