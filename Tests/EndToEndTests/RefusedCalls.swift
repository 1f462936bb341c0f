import Foundation
import ProcessSupport
import Testing

/// Calls that a file system does not have: a library before the C library, which answers with an error for files of one
/// folder. It shows what programs of any build do.
struct RefusedCalls {
    /// A call, by the variable that holds the error it answers with.
    enum Call: String {
        case flock = "REFUSED_FLOCK"
        /// Locks of fcntl, open file descriptions' among them.
        case fcntl = "REFUSED_FCNTL"
        case fsync = "REFUSED_FSYNC"
        case fsyncOfFolder = "REFUSED_FSYNC_FOLDER"
    }

    private let library: String

    /// Makes the library in the folder of `data`.
    init(_ data: TestData) throws {
        let source = try data.write("refused.c", text: Self.source)
        library = data.path("refused.so")
        // The toolchain has a compiler of its own, which need not be on the path.
        let script = """
            swift=$(readlink -f "$(command -v swift)")
            for compiler in clang cc gcc "${swift%/*}/clang"; do
                command -v "$compiler" > /dev/null && "$compiler" -shared -fPIC -o "$2" "$1" -ldl && exit
            done
            exit 1
            """
        let made = try ProcessRun.run(
            "bash", ["-c", script, "bash", source, library], timeLimit: .seconds(60))
        try #require(made.exitCode == 0, "\(made)")
    }

    /// What programs are to find in their environment, for files below `folder`.
    func environment(_ folder: String, _ calls: [Call: Int32]) -> [String: String] {
        var variables = ["LD_PRELOAD": library, "REFUSED_FOLDER": folder]
        for (call, code) in calls { variables[call.rawValue] = "\(code)" }
        return variables
    }

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdarg.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/file.h>
        #include <sys/stat.h>
        #include <unistd.h>

        static int refused(const char *name, int descriptor) {
            const char *value = getenv(name), *folder = getenv("REFUSED_FOLDER");
            char link[64], path[4096];
            if (!value || !folder) return 0;
            snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
            ssize_t count = readlink(link, path, sizeof path - 1);
            if (count < 0) return 0;
            path[count] = 0;
            return strncmp(path, folder, strlen(folder)) ? 0 : atoi(value);
        }

        int flock(int descriptor, int operation) {
            if ((errno = refused("REFUSED_FLOCK", descriptor))) return -1;
            return ((int (*)(int, int))dlsym(RTLD_NEXT, "flock"))(descriptor, operation);
        }

        int fsync(int descriptor) {
            struct stat status;
            int isFolder = fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
            if ((errno = refused(isFolder ? "REFUSED_FSYNC_FOLDER" : "REFUSED_FSYNC", descriptor))) return -1;
            return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(descriptor);
        }

        static int control(const char *name, int descriptor, int command, void *argument) {
            int isLock = command == F_SETLK || command == F_OFD_SETLK;
            if (isLock && (errno = refused("REFUSED_FCNTL", descriptor))) return -1;
            return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, name))(descriptor, command, argument);
        }

        #define CONTROL(name) \\
            int name(int descriptor, int command, ...) { \\
                va_list list; \\
                va_start(list, command); \\
                void *argument = va_arg(list, void *); \\
                va_end(list); \\
                return control(#name, descriptor, command, argument); \\
            }
        CONTROL(fcntl)
        CONTROL(fcntl64)
        """
}
