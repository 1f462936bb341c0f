#define _GNU_SOURCE
#include "CMPI.h"

#include <dlfcn.h>

const char *dt_library_path(void) {
    Dl_info information;
    return dladdr((void *)MPI_Init, &information) != 0 ? information.dli_fname : 0;
}
