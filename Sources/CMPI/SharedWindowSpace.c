#include "CMPI.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

// Reads a character-valued control variable of the MPI library; 1 if it exists and fits.
static int read_string_variable(const char *name, char *value, int capacity) {
    int provided = 0, index = -1, count = 0, found = 0;
    MPI_T_cvar_handle handle;
    if (MPI_T_init_thread(MPI_THREAD_SINGLE, &provided) != MPI_SUCCESS) return 0;
    if (MPI_T_cvar_get_index(name, &index) == MPI_SUCCESS
        && MPI_T_cvar_handle_alloc(index, NULL, &handle, &count) == MPI_SUCCESS) {
        // A length of 0 says that the library does not fix it: leave room for any path.
        int length = count < 4096 ? 4096 : count;
        char *text = calloc((size_t)length + 1, 1);
        if (text != NULL && MPI_T_cvar_read(handle, text) == MPI_SUCCESS && text[0] == '/') {
            found = snprintf(value, (size_t)capacity, "%s", text) < capacity;
        }
        free(text);
        MPI_T_cvar_handle_free(&handle);
    }
    MPI_T_finalize();
    return found;
}

long long dt_shared_window_space(char *folder, int capacity) {
    struct statvfs state;
    if (!read_string_variable("osc_sm_backing_directory", folder, capacity)) {
        snprintf(folder, (size_t)capacity, "%s", "/dev/shm");
    }
    if (statvfs(folder, &state) != 0) return -1;
    return (long long)state.f_bavail * (long long)state.f_frsize;
}
