/* What all primitives share: attributes, creation from a descriptor, questions, release. */
#include "Internal.h"

#include <stdlib.h>
#include <string.h>

int odi_attributes(bool relu, dnnl_primitive_attr_t *attributes) {
    dnnl_post_ops_t operations = NULL;
    dnnl_primitive_attr_t made = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(&made);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(made, dnnl_scratchpad_mode_user);
    if (status == dnnl_success) status = dnnl_primitive_attr_set_fpmath_mode(made, dnnl_fpmath_mode_strict);
    if (relu) {
        if (status == dnnl_success) status = dnnl_post_ops_create(&operations);
        if (status == dnnl_success) status = odi_append_relu(operations);
        if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(made, operations);
        dnnl_post_ops_destroy(operations);
    }
    const int code = odi_check(status, "setting the attributes of a primitive");
    if (code == OD_OK)
        *attributes = made;
    else
        dnnl_primitive_attr_destroy(made);
    return code;
}

void odi_release(odi_creation *c) {
    od_layout_free(c->src);
    od_layout_free(c->weights);
    od_layout_free(c->bias);
    od_layout_free(c->dst);
    if (c->attributes) dnnl_primitive_attr_destroy(c->attributes);
    if (c->hint) dnnl_primitive_desc_destroy(c->hint);
    if (c->descriptor) dnnl_primitive_desc_destroy(c->descriptor);
}

static int take_layouts(dnnl_primitive_desc_t descriptor, od_primitive *primitive) {
    for (int i = 0; i < primitive->argument_count; i++) {
        if (primitive->names[i] == 0) continue;
        odi_descriptor chosen =
            dnnl_primitive_desc_query_md(descriptor, dnnl_query_exec_arg_md, primitive->names[i]);
        if (!chosen) return odi_fail("oneDNN %s does not tell the layout of argument %d", od_version(), i);
        const int code = odi_layout_wrap(chosen, &primitive->layouts[i]);
        if (code != OD_OK) return code;
    }
    odi_descriptor scratchpad = dnnl_primitive_desc_query_md(descriptor, dnnl_query_scratchpad_md, 0);
    if (!scratchpad || dnnl_memory_desc_get_size(scratchpad) == 0) return OD_OK;
    return odi_layout_wrap(scratchpad, &primitive->scratchpad);
}

int odi_primitive_make(
    dnnl_primitive_desc_t descriptor, int argument_count, const int *names, od_primitive **primitive) {
    odi_require_thread();
    od_primitive *made = calloc(1, sizeof *made);
    if (!made) return odi_fail("no memory for a primitive");
    made->argument_count = argument_count;
    memcpy(made->names, names, (size_t)argument_count * sizeof *names);
    int code = take_layouts(descriptor, made);
    if (code == OD_OK) {
        const char *name = NULL;
        code = odi_check(
            dnnl_primitive_desc_query(descriptor, dnnl_query_impl_info_str, 0, &name),
            "naming an implementation");
        if (code == OD_OK && !(made->implementation = strdup(name))) code = odi_fail("no memory for a name");
    }
    if (code == OD_OK)
        code = odi_check(dnnl_primitive_create(&made->handle, descriptor), "creating a primitive");
    if (code == OD_OK)
        *primitive = made;
    else
        od_primitive_free(made);
    return code;
}

const od_layout *od_primitive_layout(const od_primitive *primitive, int argument) {
    if (argument < 0 || argument >= primitive->argument_count) return NULL;
    return primitive->layouts[argument];
}

int od_primitive_argument_count(const od_primitive *primitive) { return primitive->argument_count; }

size_t od_primitive_scratchpad_bytes(const od_primitive *primitive) {
    return primitive->scratchpad ? od_layout_bytes(primitive->scratchpad) : 0;
}

const char *od_primitive_name(const od_primitive *primitive) { return primitive->implementation; }

void od_primitive_free(od_primitive *primitive) {
    if (!primitive) return;
    if (primitive->handle) dnnl_primitive_destroy(primitive->handle);
    for (int i = 0; i < primitive->argument_count; i++) od_layout_free(primitive->layouts[i]);
    od_layout_free(primitive->scratchpad);
    free(primitive->implementation);
    free(primitive);
}
